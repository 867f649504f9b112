import type { Database as Generated } from './database.types.ts';

// The generated types say what the database tells of itself. That triggers fill some columns is known only here: whoever
// inserts a message leaves them out, and no client has the privilege to write them.
type FilledByTriggers = 'family_id' | 'position' | 'revision';

type Schema = Generated['public'];
type Messages = Schema['Tables']['messages'];
type Corrected = {
  messages: Omit<Messages, 'Insert'> & { Insert: Omit<Messages['Insert'], FilledByTriggers> };
};

/** What the client may read and write: `createClient<Database>()`. */
export type Database = Omit<Generated, 'public'> & {
  public: Omit<Schema, 'Tables'> & { Tables: Omit<Schema['Tables'], keyof Corrected> & Corrected };
};
