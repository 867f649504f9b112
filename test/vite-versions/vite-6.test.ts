import { testVersions } from './test-versions.ts';

// The lowest and the highest version of this major.
testVersions('6.1.0', '6.4.6');
