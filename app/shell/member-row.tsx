import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useUser } from '../auth/session.ts';
import { Avatar } from '../images/avatar.tsx';
import { membersQuery, removeMember, setMemberRole } from '../model/family-queries.ts';
import type { Member } from '../model/member.ts';
import { Button, IconButton } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import styles from '../shared/page.module.css';
import { Popover, PopoverItem } from '../shared/popover.tsx';
import { showErrorToast } from '../shared/toast.ts';

interface MemberRowProps {
  member: Member;
  familyId: string;
  /** Whether the current user is an owner. */
  isOwner: boolean;
}

export function MemberRow({ member, familyId, isOwner }: MemberRowProps): ReactNode {
  const userId = useUser().id;
  const queryClient = useQueryClient();
  const [isRemoving, setIsRemoving] = useState(false);
  const refetch = (): Promise<void> =>
    queryClient.invalidateQueries({ queryKey: membersQuery(familyId).queryKey });
  const setRole = useMutation({ mutationFn: setMemberRole, onSuccess: refetch, onError: showErrorToast });
  const remove = useMutation({
    mutationFn: removeMember,
    onSuccess: refetch,
    onError: showErrorToast,
    onSettled: () => setIsRemoving(false),
  });
  const target = { familyId, userId: member.id };
  const nextRole = member.role === 'owner' ? 'member' : 'owner';
  return (
    <li className={styles.person}>
      <Avatar name={member.name} color={member.color} picture={member.avatarPath} />
      <span className={styles.personName}>
        {member.name}
        {member.id === userId && ' (you)'}
      </span>
      <span className={styles.role}>{member.role === 'owner' ? 'Owner' : 'Member'}</span>
      {isOwner && (
        <Popover
          label={member.name}
          align="end"
          renderTrigger={(trigger) => (
            <IconButton icon="more" label={`Manage ${member.name}`} size="small" {...trigger} />
          )}
        >
          {(close) => (
            <>
              <PopoverItem
                icon="people"
                onSelect={() => {
                  close();
                  setRole.mutate({ ...target, role: nextRole });
                }}
              >
                {nextRole === 'owner' ? 'Make owner' : 'Make member'}
              </PopoverItem>
              {member.id !== userId && (
                <PopoverItem
                  icon="leave"
                  isDangerous
                  onSelect={() => {
                    close();
                    setIsRemoving(true);
                  }}
                >
                  Remove from family
                </PopoverItem>
              )}
            </>
          )}
        </Popover>
      )}
      {isRemoving && (
        <Dialog title={`Remove ${member.name}?`} onClose={() => setIsRemoving(false)}>
          <p>They lose access immediately. Their messages stay. They can rejoin with the invite code.</p>
          <DialogActions>
            <Button onClick={() => setIsRemoving(false)}>Cancel</Button>
            <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate(target)}>
              Remove
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </li>
  );
}
