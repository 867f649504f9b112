import type { Database as Generated } from './database.types.ts';

// The generated types cannot know that triggers fill some columns: an insert omits them, and no client has the
// privilege to write them.
type FilledByTriggers = 'family_id' | 'position' | 'revision';

type Schema = Generated['public'];
type Messages = Schema['Tables']['messages'];
type Corrected = {
  messages: Omit<Messages, 'Insert'> & { Insert: Omit<Messages['Insert'], FilledByTriggers> };
};

/** The schema as the client may use it: `createClient<Database>()`. */
export type Database = Omit<Generated, 'public'> & {
  public: Omit<Schema, 'Tables'> & { Tables: Omit<Schema['Tables'], keyof Corrected> & Corrected };
};
