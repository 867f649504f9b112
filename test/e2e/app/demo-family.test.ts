import { describe } from 'vitest';
import { skipsBrowserTests } from '../../helpers/chromium.ts';
import { useOurChat } from '../../helpers/ourchat-people.ts';
import { describeLongChannel } from './demo-family/long-channel.ts';
import { describePhone } from './demo-family/phone.ts';

// One dev server for both.
describe.skipIf(skipsBrowserTests())('the demo family', () => {
  const shared = useOurChat();
  describePhone(shared);
  describeLongChannel(shared);
});
