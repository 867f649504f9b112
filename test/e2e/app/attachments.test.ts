import { describe } from 'vitest';
import { skipsBrowserTests } from '../../helpers/chromium.ts';
import { useOurChat } from '../../helpers/ourchat-people.ts';
import { describeAvatars } from './attachments/avatars.ts';
import { describeFiles } from './attachments/files.ts';
import { describeImages } from './attachments/images.ts';

// One dev server for all of them.
describe.skipIf(skipsBrowserTests())('attachments', () => {
  const shared = useOurChat();
  describeAvatars(shared);
  describeFiles(shared);
  describeImages(shared);
});
