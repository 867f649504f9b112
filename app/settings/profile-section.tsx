import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type CSSProperties, type ReactNode, useState } from 'react';
import { Avatar } from '../images/avatar.tsx';
import { personColor } from '../shared/person-color.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { PageSection } from '../shared/page.tsx';
import { COLORS, type Profile, saveProfile } from './profile.ts';
import styles from './settings.module.css';

export function ProfileSection({ profile }: { profile: Profile }): ReactNode {
  const queryClient = useQueryClient();
  const [isChanged, setIsChanged] = useState(false);
  const save = useMutation({
    mutationFn: saveProfile,
    onSuccess: () => {
      setIsChanged(false);
      return Promise.all([
        queryClient.invalidateQueries({ queryKey: ['profile'] }),
        queryClient.invalidateQueries({ queryKey: ['members'] }),
      ]);
    },
  });
  return (
    <PageSection title="How your family sees you">
      <Form
        onChange={(values) =>
          setIsChanged(
            textOf(values, 'name') !== profile.display_name || textOf(values, 'color') !== profile.color,
          )
        }
        onSubmit={(values) =>
          save.mutate({ userId: profile.id, name: textOf(values, 'name'), color: textOf(values, 'color') })
        }
      >
        <Field label="Your name" name="name" defaultValue={profile.display_name} maxLength={40} required />
        <fieldset className={styles.colors}>
          <legend>Your color</legend>
          {COLORS.map((color) => (
            <label
              key={color}
              className={styles.color}
              style={{ '--person': personColor(color) } as CSSProperties}
              title={color}
            >
              <input
                type="radio"
                name="color"
                value={color}
                defaultChecked={color === profile.color}
                aria-label={color}
              />
              <Avatar name={profile.display_name} color={color} />
            </label>
          ))}
        </fieldset>
        {save.isError && <Notice kind="error">{describeError(save.error)}</Notice>}
        {save.isSuccess && <Notice kind="info">Saved.</Notice>}
        <Button type="submit" variant="primary" busy={save.isPending} disabled={!isChanged}>
          Save
        </Button>
      </Form>
    </PageSection>
  );
}
