import { useSearchParams } from 'wouter';
import type { Place } from './types.ts';

/** The place that the address names, and how to go to another one. */
export function usePlace(): { place: Place | undefined; go: (place: Place | undefined) => void } {
  const [params, setParams] = useSearchParams();
  const bucket = params.get('bucket');
  const go = (place: Place | undefined) => {
    const { folder = '', object, bucket: name } = place ?? {};
    setParams({
      ...(name !== undefined && { bucket: name }),
      ...(folder !== '' && { folder }),
      ...(object !== undefined && { object }),
    });
  };
  const object = params.get('object') ?? undefined;
  return { place: bucket === null ? undefined : { bucket, folder: params.get('folder') ?? '', object }, go };
}
