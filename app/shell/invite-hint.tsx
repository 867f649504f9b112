import type { ReactNode } from 'react';
import { type Family, formatInviteCode, inviteLink } from '../model/family-queries.ts';
import { Button } from '../shared/button.tsx';
import { showToast } from '../shared/toast.ts';
import styles from './sidebar.module.css';

/** Shown while the user is the only member, to invite the others. */
export function InviteHint({ family }: { family: Family }): ReactNode {
  return (
    <section className={styles.invite} aria-label="Invite your family">
      <p>
        Nobody else is here yet. Your invite code is <strong>{formatInviteCode(family.invite_code)}</strong>.
      </p>
      <CopyInviteLink family={family} />
    </section>
  );
}

export function CopyInviteLink({ family }: { family: Family }): ReactNode {
  const link = inviteLink(family.invite_code);
  return (
    <Button
      onClick={() =>
        void navigator.clipboard.writeText(link).then(
          () => showToast('Invite link copied.'),
          () => showToast(link),
        )
      }
    >
      Copy invite link
    </Button>
  );
}
