import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import { Avatar } from '../images/avatar.tsx';
import type { Crop } from '../images/crop.ts';
import { encodeAvatar, measureImage } from '../images/encode.ts';
import { useFileDrop } from '../files/use-file-drop.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Notice } from '../shared/field.tsx';
import pageStyles from '../shared/page.module.css';
import { PageSection } from '../shared/page.tsx';
import { AvatarDialog, type ChosenFile } from './avatar-dialog.tsx';
import { changeAvatar } from './avatar-requests.ts';
import type { Profile } from './profile.ts';
import styles from './settings.module.css';

/** The user's picture: choose or drop one, crop it, save it; or remove it. */
export function PictureSection({ profile }: { profile: Profile }): ReactNode {
  const queryClient = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const choice = useMutation({
    mutationFn: async (file: Blob): Promise<ChosenFile> => ({ file, ...(await measureImage(file)) }),
  });
  const save = useMutation({
    mutationFn: async (part: { file: Blob; crop: Crop } | null) =>
      changeAvatar({ userId: profile.id, picture: part && (await encodeAvatar(part.file, part.crop)) }),
    onSuccess: async () => {
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['profile'] }),
        queryClient.invalidateQueries({ queryKey: ['members'] }),
      ]);
      choice.reset();
    },
  });
  const choose = (file: File | undefined): void => {
    save.reset();
    if (file) choice.mutate(file);
  };
  const isDragging = useFileDrop(([file]) => choose(file));
  const { display_name: name, color, avatar_path: picture } = profile;
  const chosen = choice.data;
  const failure = choice.error ?? (chosen ? null : save.error);
  return (
    <PageSection title="Your picture">
      <div className={`${styles.picture} ${isDragging ? styles.dragging : ''}`}>
        <Avatar name={name} color={color} picture={picture} size={88} />
        <div className={styles.pictureChoice}>
          <div className={pageStyles.row}>
            <Button busy={choice.isPending} onClick={() => input.current?.click()}>
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
          <p className={pageStyles.text}>
            {isDragging ? 'Drop the picture here.' : 'Or drop one here. Only your families can see it.'}
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
          // Reset, so that choosing the same file again fires a change event.
          event.target.value = '';
        }}
      />
      {failure && <Notice kind="error">{describeError(failure)}</Notice>}
      {chosen && (
        <AvatarDialog
          chosen={chosen}
          isSaving={save.isPending}
          error={save.error}
          onSave={(crop) => save.mutate({ file: chosen.file, crop })}
          onClose={choice.reset}
        />
      )}
    </PageSection>
  );
}
