import { createContext, useContext } from 'react';
import type { Messaging } from './messaging.ts';

export const MessagingContext = createContext<Messaging | undefined>(undefined);

export function useMessaging(): Messaging {
  const messaging = useContext(MessagingContext);
  if (!messaging) throw new Error('useMessaging() needs a MessagingProvider');
  return messaging;
}
