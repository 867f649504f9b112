import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import {
  changeChannel,
  type Channel,
  channelsQuery,
  createChannel,
  tidyChannelName,
} from '../model/channel-queries.ts';
import { channelPath } from '../model/paths.ts';
import { Button } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';

interface ChannelDialogProps {
  familyId: string;
  /** The channel to edit; without it, a new one is created. */
  channel?: Channel;
  onClose: () => void;
}

export function ChannelDialog({ familyId, channel, onClose }: ChannelDialogProps): ReactNode {
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const save = useMutation({
    mutationFn: async (input: { name: string; description: string }) => {
      const created = channel ? undefined : await createChannel({ ...input, familyId });
      if (channel) await changeChannel({ ...input, channelId: channel.id });
      await queryClient.fetchQuery({ ...channelsQuery(familyId), staleTime: 0 });
      return created;
    },
    onSuccess: (created) => {
      onClose();
      if (created) navigate(channelPath(familyId, created.id));
    },
  });
  return (
    <Dialog title={channel ? `Edit #${channel.name}` : 'New channel'} onClose={onClose}>
      <Form
        onSubmit={(values) =>
          save.mutate({
            name: tidyChannelName(textOf(values, 'name')),
            description: textOf(values, 'description'),
          })
        }
      >
        <Field
          label="Name"
          name="name"
          defaultValue={channel?.name}
          placeholder="recipes"
          maxLength={40}
          pattern=".*[^\s#\/\-].*"
          autoComplete="off"
          required
        />
        <Field
          label="Description"
          name="description"
          defaultValue={channel?.description}
          maxLength={200}
          autoComplete="off"
          hint="Optional."
        />
        {save.isError && <Notice kind="error">{describeError(save.error)}</Notice>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            {channel ? 'Save' : 'Create channel'}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
