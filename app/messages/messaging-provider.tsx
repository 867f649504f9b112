import { type ReactNode, useEffect, useState } from 'react';
import { removeStrayFiles } from './file-requests.ts';
import { MessagingContext } from './messaging-context.ts';
import { Messaging } from './messaging.ts';

/** Long enough for everything that is on screen to load first. */
const TIDY_AFTER_MS = 10_000;

export function MessagingProvider({ userId, children }: { userId: string; children: ReactNode }): ReactNode {
  const [messaging] = useState(() => new Messaging(userId));
  useEffect(() => {
    messaging.flush();
    const tidying = setTimeout(
      () => void removeStrayFiles(messaging.outbox.filePaths()).catch(() => {}),
      TIDY_AFTER_MS,
    );
    return () => {
      clearTimeout(tidying);
      messaging.stop();
    };
  }, [messaging]);
  return <MessagingContext value={messaging}>{children}</MessagingContext>;
}
