import { testVersions } from './test-versions.ts';

// The lowest and the highest version of this major.
testVersions('8.0.0', '8.4.0');
