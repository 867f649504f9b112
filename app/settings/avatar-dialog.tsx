import { type ReactNode, useState } from 'react';
import { BlobImage } from '../images/blob-image.tsx';
import { type Crop, cropArea, MAX_ZOOM, MIDDLE, moveCrop, type Size } from '../images/crop.ts';
import { Button } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { describeError } from '../shared/errors.ts';
import { Notice } from '../shared/field.tsx';
import styles from './avatar-dialog.module.css';

export interface ChosenFile extends Size {
  readonly file: Blob;
}

interface AvatarDialogProps {
  chosen: ChosenFile;
  isSaving: boolean;
  error: Error | null;
  onSave: (crop: Crop) => void;
  onClose: () => void;
}

/** Previews a new picture and lets the user crop it by dragging or with the keyboard. */
export function AvatarDialog({ chosen, isSaving, error, onSave, onClose }: AvatarDialogProps): ReactNode {
  const [crop, setCrop] = useState(MIDDLE);
  return (
    <Dialog title="Your new picture" onClose={onClose}>
      <div className={styles.preview}>
        <div
          className={styles.handle}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => {
            const element = event.currentTarget;
            if (!element.hasPointerCapture(event.pointerId)) return;
            const { clientWidth } = element;
            setCrop(moveCrop(chosen, crop, event.movementX / clientWidth, event.movementY / clientWidth));
          }}
        >
          <Cropped chosen={chosen} crop={crop} alt="Your new picture" />
          {/* The alternative to dragging for the keyboard. */}
          <CropRange label="Horizontal position" value={crop.x} onChange={(x) => setCrop({ ...crop, x })} />
          <CropRange label="Vertical position" value={crop.y} onChange={(y) => setCrop({ ...crop, y })} />
        </div>
        <div className={styles.small}>
          <Cropped chosen={chosen} crop={crop} alt="" />
        </div>
      </div>
      <label className={styles.zoom}>
        Zoom
        <input
          type="range"
          min={1}
          max={MAX_ZOOM}
          step={0.05}
          value={crop.zoom}
          onChange={(event) => setCrop({ ...crop, zoom: event.target.valueAsNumber })}
        />
      </label>
      <p>Drag the picture to choose the part your family will see.</p>
      {error && <Notice kind="error">{describeError(error)}</Notice>}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={isSaving} onClick={() => onSave(crop)}>
          Use this picture
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** The cropped part of the picture, filling the element around it. */
function Cropped({ chosen, crop, alt }: { chosen: ChosenFile; crop: Crop; alt: string }): ReactNode {
  const { left, top, side } = cropArea(chosen, crop);
  const percent = (pixels: number): string => `${(100 * pixels) / side}%`;
  return (
    <BlobImage
      blob={chosen.file}
      alt={alt}
      draggable={false}
      className={styles.image}
      style={{
        width: percent(chosen.width),
        height: percent(chosen.height),
        left: percent(-left),
        top: percent(-top),
      }}
    />
  );
}

interface CropRangeProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

function CropRange({ label, value, onChange }: CropRangeProps): ReactNode {
  return (
    <input
      type="range"
      className="visually-hidden"
      aria-label={label}
      min={0}
      max={1}
      step={0.05}
      value={value}
      onChange={(event) => onChange(event.target.valueAsNumber)}
    />
  );
}
