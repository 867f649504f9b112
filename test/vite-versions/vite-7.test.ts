import { testVersions } from './test-versions.ts';

// The lowest and the highest version of this major.
testVersions('7.0.0', '7.3.8');
