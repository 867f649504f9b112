import { describe } from 'vitest';
import { skipsBrowserTests } from '../../helpers/chromium.ts';
import { useOurChat } from '../../helpers/ourchat-people.ts';
import { describeFamilyLife } from './conversation/family-life.ts';
import { describeRoughEdges } from './conversation/rough-edges.ts';
import { describeTwoPeople } from './conversation/two-people.ts';

// One dev server for all of them.
describe.skipIf(skipsBrowserTests())('a conversation', () => {
  const shared = useOurChat();
  describeFamilyLife(shared);
  describeRoughEdges(shared);
  describeTwoPeople(shared);
});
