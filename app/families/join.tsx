import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, Redirect } from 'wouter';
import { AuthPage } from '../auth/auth-page.tsx';
import { joinFamily } from '../model/family-queries.ts';
import { familyPath } from '../model/paths.ts';
import { supabase } from '../model/supabase.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Notice } from '../shared/field.tsx';
import { Loading } from '../shared/state.tsx';
import { useEnterFamily } from './use-enter-family.ts';

/** Target of an invite link: shows the family's name and asks before joining. */
export default function JoinByLink({ code }: { code: string }): ReactNode {
  const enter = useEnterFamily();
  const join = useMutation({ mutationFn: joinFamily, onSuccess: enter });
  const invite = useQuery({
    queryKey: ['invite', code],
    queryFn: async () => {
      const { data } = await supabase.rpc('preview_invite', { code }).throwOnError();
      return data[0] ?? null;
    },
  });
  if (invite.isPending) return <Loading page />;
  if (invite.data?.is_member === true) return <Redirect to={familyPath(invite.data.family_id)} replace />;
  if (invite.data === null || invite.isError) {
    return (
      <AuthPage title="This invitation is not valid" links={<Link href="/">Go to OurChat</Link>}>
        <Notice kind="error">
          {invite.isError
            ? describeError(invite.error)
            : 'The link may be incomplete, or a new one has replaced it.'}
        </Notice>
      </AuthPage>
    );
  }
  const { family_name: name, member_count: count } = invite.data;
  return (
    <AuthPage
      title={`Join ${name}?`}
      lead={count === 1 ? 'One member so far.' : `${count} members so far.`}
      links={<Link href="/">Not now</Link>}
    >
      {join.isError && <Notice kind="error">{describeError(join.error)}</Notice>}
      <Button variant="primary" busy={join.isPending} onClick={() => join.mutate(code)}>
        Join {name}
      </Button>
    </AuthPage>
  );
}
