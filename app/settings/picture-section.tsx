import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import { BlobImage } from '../images/blob-image.tsx';
import { encodeAvatar } from '../images/encode.ts';
import { useFileDrop } from '../images/use-file-drop.ts';
import { Avatar } from '../shared/avatar.tsx';
import { Button } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { describeError } from '../shared/errors.ts';
import { Notice } from '../shared/field.tsx';
import pageStyles from '../shared/page.module.css';
import { PageSection } from '../shared/page.tsx';
import { changeAvatar } from './avatar-requests.ts';
import type { Profile } from './profile.ts';
import styles from './settings.module.css';

/** One's own picture: chosen or dropped, looked at, then kept; or removed. */
export function PictureSection({ profile }: { profile: Profile }): ReactNode {
  const queryClient = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const encode = useMutation({ mutationFn: encodeAvatar });
  const save = useMutation({
    mutationFn: (picture: Blob | null) => changeAvatar({ userId: profile.id, picture }),
    onSuccess: async () => {
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['profile'] }),
        queryClient.invalidateQueries({ queryKey: ['members'] }),
      ]);
      encode.reset();
    },
  });
  const choose = (file: File | undefined): void => {
    save.reset();
    if (file) encode.mutate(file);
  };
  const isDragging = useFileDrop(([file]) => choose(file));
  const { display_name: name, color, avatar_path: picture } = profile;
  const failure = encode.error ?? (encode.data ? null : save.error);
  return (
    <PageSection title="Your picture">
      <div className={`${styles['picture']} ${isDragging ? styles['dragging'] : ''}`}>
        <Avatar name={name} color={color} picture={picture} size={88} />
        <div className={styles['pictureChoice']}>
          <div className={pageStyles['row']}>
            <Button busy={encode.isPending} onClick={() => input.current?.click()}>
              {picture === null ? 'Choose a picture' : 'Change picture'}
            </Button>
            {picture !== null && (
              <Button
                variant="quiet"
                aria-label="Remove picture"
                busy={save.isPending}
                onClick={() => save.mutate(null)}
              >
                Remove
              </Button>
            )}
          </div>
          <p className={pageStyles['text']}>
            {isDragging ? 'Let go to use this picture.' : 'Or drop one here. Only your families see it.'}
          </p>
        </div>
      </div>
      <input
        ref={input}
        type="file"
        accept="image/*"
        aria-label="Your picture"
        hidden
        onChange={(event) => {
          choose(event.target.files?.[0]);
          // Choosing the same file again is a change as well.
          event.target.value = '';
        }}
      />
      {failure && <Notice kind="error">{describeError(failure)}</Notice>}
      {encode.data && (
        <AvatarDialog
          picture={encode.data}
          isSaving={save.isPending}
          error={save.error}
          onSave={save.mutate}
          onClose={encode.reset}
        />
      )}
    </PageSection>
  );
}

interface AvatarDialogProps {
  picture: Blob;
  isSaving: boolean;
  error: Error | null;
  onSave: (picture: Blob) => void;
  onClose: () => void;
}

function AvatarDialog({ picture, isSaving, error, onSave, onClose }: AvatarDialogProps): ReactNode {
  return (
    <Dialog title="Your new picture" onClose={onClose}>
      <div className={styles['preview']}>
        <BlobImage blob={picture} width={192} height={192} alt="The middle of what you have chosen" />
        <BlobImage blob={picture} width={36} height={36} alt="" />
      </div>
      <p>This is how your family will see you, in both sizes.</p>
      {error && <Notice kind="error">{describeError(error)}</Notice>}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={isSaving} onClick={() => onSave(picture)}>
          Use this picture
        </Button>
      </DialogActions>
    </Dialog>
  );
}
