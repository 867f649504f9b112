import { expect, test } from 'vitest';
import { planResize } from '../../../plugin/stack/storage/render/plan.ts';
import {
  describeTransformation,
  parseTransformation,
  transformationClaims,
  type Transformation,
} from '../../../plugin/stack/storage/render/transformation.ts';

const SOURCE = { width: 1000, height: 800 };

// Results of imgproxy 3.8 with the preset width:3000/height:8192.
test.each<[Transformation, scaled: [number, number], part: [number, number]]>([
  [{ width: 100, height: 100 }, [125, 100], [100, 100]],
  [{ width: 100, height: 100, resize: 'contain' }, [100, 80], [100, 80]],
  [{ width: 100, height: 100, resize: 'fill' }, [100, 100], [100, 100]],
  [{ width: 100 }, [1000, 800], [100, 800]],
  [{ height: 100 }, [1000, 800], [1000, 100]],
  [{ width: 100, resize: 'contain' }, [100, 80], [100, 80]],
  [{ height: 100, resize: 'contain' }, [125, 100], [125, 100]],
  [{ width: 2000, height: 400 }, [1000, 800], [1000, 400]],
  [{ width: 2000, height: 2000, resize: 'contain' }, [1000, 800], [1000, 800]],
  [{ width: 2000, height: 400, resize: 'fill' }, [1000, 200], [1000, 200]],
  [{ width: 1, height: 2500, resize: 'contain' }, [1, 1], [1, 1]],
  [{}, [1000, 800], [1000, 800]],
  [{ quality: 50 }, [1000, 800], [1000, 800]],
])('%j of 1000 × 800', (transformation, [width, height], part) => {
  const plan = planResize(SOURCE, transformation);
  expect(plan.scaled).toEqual({ width, height });
  expect([plan.part.width, plan.part.height]).toEqual(part);
});

test('an image larger than the preset is scaled down to it', () => {
  expect(planResize({ width: 6000, height: 1000 }, {}).part).toMatchObject({ width: 3000, height: 500 });
});

test.each<[Transformation, left: number, top: number]>([
  [{}, 450, 350],
  [{ gravity: 'ce', x_offset: 10, y_offset: -10.7 }, 460, 340],
  [{ gravity: 'no' }, 450, 0],
  [{ gravity: 'so', y_offset: 5 }, 450, 695],
  [{ gravity: 'ea', x_offset: 5 }, 895, 350],
  [{ gravity: 'we', x_offset: 5 }, 5, 350],
  [{ gravity: 'noea' }, 900, 0],
  [{ gravity: 'sowe' }, 0, 700],
  [{ gravity: 'soea', x_offset: 5000, y_offset: -5000 }, 0, 700],
  [{ gravity: 'fp', x_offset: 0.25, y_offset: 1 }, 200, 700],
])('%j keeps the part at %i, %i', (gravity, left, top) => {
  // A size that needs no scaling, so only the crop differs.
  const wide = planResize({ width: 1000, height: 100 }, { width: 100, ...gravity });
  const tall = planResize({ width: 100, height: 800 }, { height: 100, ...gravity });
  expect([wide.part.left, tall.part.top]).toEqual([left, top]);
});

test('a transformation survives the round trip through a signed URL', () => {
  const transformation = {
    width: 10,
    height: 20,
    quality: 30,
    resize: 'fill',
    format: 'webp',
    gravity: 'fp',
    x_offset: 0,
    y_offset: 0.5,
  } as const;
  const { transformations = '' } = transformationClaims(transformation);
  expect(transformations).toBe('height:20,width:10,resize:fill,quality:30,format:webp,gravity:fp:0:0.5');
  expect(parseTransformation(transformations)).toEqual(transformation);
  expect(describeTransformation(transformation)).toContain('resizing_type:force');
});

test.each([{ x_offset: 0 }, { x_offset: 2, y_offset: 0 }, { x_offset: 0, y_offset: -0.1 }, {}])(
  'a focal point must be inside the image: %j',
  (offsets) => {
    expect(() => describeTransformation({ gravity: 'fp', ...offsets })).toThrow('within 0-1 range');
  },
);
