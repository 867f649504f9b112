import type { ReactNode } from 'react';
import { Button } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { type Message, readFiles, readImages, storedFiles } from './message.ts';
import { useMessaging } from './messaging-context.ts';

export function DeleteDialog({ message, onClose }: { message: Message; onClose: () => void }): ReactNode {
  const { edits } = useMessaging();
  const remove = (): void => {
    onClose();
    const files = storedFiles({ images: readImages(message.images), files: readFiles(message.files) });
    edits.add(message, { kind: 'delete', files });
  };
  return (
    <Dialog title="Delete this message?" onClose={onClose}>
      <p>It is deleted for everyone. A placeholder stays in its place.</p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="danger" onClick={remove}>
          Delete
        </Button>
      </DialogActions>
    </Dialog>
  );
}
