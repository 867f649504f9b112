import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useUser } from '../auth/session.ts';
import {
  familiesQuery,
  type Family,
  formatInviteCode,
  leaveFamily,
  renameFamily,
  replaceInviteCode,
} from '../model/family-queries.ts';
import type { Member } from '../model/member.ts';
import { Button, IconButton } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import styles from '../shared/page.module.css';
import { Page, PageSection } from '../shared/page.tsx';
import { showErrorToast, showToast } from '../shared/toast.ts';
import { useTitle } from '../shared/use-title.ts';
import { useFamilyLive } from './family-live.ts';
import { CopyInviteLink } from './invite-hint.tsx';
import { MemberRow } from './member-row.tsx';
import { MenuButton } from './menu-button.tsx';

interface FamilySettingsProps {
  family: Family;
  members: readonly Member[];
  /** Unread messages in all channels. */
  unread: number;
  onOpenMenu: () => void;
}

export default function FamilySettings({
  family,
  members,
  unread,
  onOpenMenu,
}: FamilySettingsProps): ReactNode {
  const userId = useUser().id;
  const [, navigate] = useLocation();
  const current = members.filter((member) => !member.hasLeft);
  const isOwner = current.some((member) => member.id === userId && member.role === 'owner');
  const { watch } = useFamilyLive();
  useTitle('Settings', family.name);
  useEffect(() => watch(null), [watch]);
  return (
    <Page
      title={family.name}
      lead={
        <>
          <MenuButton unread={unread} onOpen={onOpenMenu} />
          <IconButton
            icon="arrowLeft"
            label="Back to chat"
            onClick={() => navigate(`/family/${family.id}`)}
          />
        </>
      }
    >
      <InviteSection family={family} isOwner={isOwner} />
      <PageSection title={`People (${current.length})`}>
        <ul className={styles.people}>
          {current.map((member) => (
            <MemberRow key={member.id} member={member} familyId={family.id} isOwner={isOwner} />
          ))}
        </ul>
      </PageSection>
      {isOwner && <RenameSection family={family} />}
      <LeaveSection family={family} isLast={current.length === 1} />
    </Page>
  );
}

function InviteSection({ family, isOwner }: { family: Family; isOwner: boolean }): ReactNode {
  const queryClient = useQueryClient();
  const replace = useMutation({
    mutationFn: replaceInviteCode,
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: familiesQuery.queryKey });
      showToast('There is a new invite code. The old one no longer works.');
    },
    onError: showErrorToast,
  });
  return (
    <PageSection
      title="Invite"
      text="Anyone with this code or link can join. Share it only with your family."
    >
      <div className={styles.row}>
        <strong className={styles.code}>{formatInviteCode(family.invite_code)}</strong>
        <CopyInviteLink family={family} />
        {isOwner && (
          <Button variant="quiet" busy={replace.isPending} onClick={() => replace.mutate(family.id)}>
            Replace code
          </Button>
        )}
      </div>
    </PageSection>
  );
}

function RenameSection({ family }: { family: Family }): ReactNode {
  const queryClient = useQueryClient();
  const [isChanged, setIsChanged] = useState(false);
  const rename = useMutation({
    mutationFn: renameFamily,
    onSuccess: () => {
      setIsChanged(false);
      return queryClient.invalidateQueries({ queryKey: familiesQuery.queryKey });
    },
  });
  return (
    <PageSection title="Name">
      <Form
        onChange={(values) => setIsChanged(textOf(values, 'name') !== family.name)}
        onSubmit={(values) => rename.mutate({ familyId: family.id, name: textOf(values, 'name') })}
      >
        <Field label="Name of the family" name="name" defaultValue={family.name} maxLength={60} required />
        {rename.isError && <Notice kind="error">{describeError(rename.error)}</Notice>}
        {rename.isSuccess && <Notice kind="info">Saved.</Notice>}
        <Button type="submit" busy={rename.isPending} disabled={!isChanged}>
          Save
        </Button>
      </Form>
    </PageSection>
  );
}

function LeaveSection({ family, isLast }: { family: Family; isLast: boolean }): ReactNode {
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [isConfirming, setIsConfirming] = useState(false);
  const leave = useMutation({
    mutationFn: leaveFamily,
    onSuccess: async () => {
      await queryClient.fetchQuery({ ...familiesQuery, staleTime: 0 });
      navigate('/', { replace: true });
    },
    onError: showErrorToast,
  });
  return (
    <PageSection title="Leave">
      <Button variant="danger" onClick={() => setIsConfirming(true)}>
        Leave {family.name}
      </Button>
      {isConfirming && (
        <Dialog title={`Leave ${family.name}?`} onClose={() => setIsConfirming(false)}>
          <p>
            {isLast
              ? 'You are the last member: the family and all its messages will be deleted permanently.'
              : 'You will no longer see its messages. The ones you wrote stay.'}
          </p>
          <DialogActions>
            <Button onClick={() => setIsConfirming(false)}>Stay</Button>
            <Button variant="danger" busy={leave.isPending} onClick={() => leave.mutate(family.id)}>
              {isLast ? 'Leave and delete' : 'Leave'}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </PageSection>
  );
}
