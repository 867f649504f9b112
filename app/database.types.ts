// The shape that `supabase gen types typescript` writes, for the tables and functions that OurChat uses.
// test/stack/app/database-types.test.ts compares it with the migrated database.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      channel_counters: {
        Row: { channel_id: string; family_id: string; last_position: number; last_revision: number };
        Insert: { channel_id: string; family_id: string; last_position?: number; last_revision?: number };
        Update: { channel_id?: string; family_id?: string; last_position?: number; last_revision?: number };
        Relationships: [];
      };
      channel_reads: {
        Row: { channel_id: string; position: number; user_id: string };
        Insert: { channel_id: string; position?: number; user_id?: string };
        Update: { channel_id?: string; position?: number; user_id?: string };
        Relationships: [];
      };
      channels: {
        Row: {
          archived_at: string | null;
          created_at: string;
          created_by: string | null;
          description: string;
          family_id: string;
          id: string;
          name: string;
        };
        Insert: {
          archived_at?: string | null;
          created_at?: string;
          created_by?: string | null;
          description?: string;
          family_id: string;
          id?: string;
          name: string;
        };
        Update: {
          archived_at?: string | null;
          created_at?: string;
          created_by?: string | null;
          description?: string;
          family_id?: string;
          id?: string;
          name?: string;
        };
        Relationships: [];
      };
      families: {
        Row: { created_at: string; id: string; invite_code: string; name: string };
        Insert: { created_at?: string; id?: string; invite_code?: string; name: string };
        Update: { created_at?: string; id?: string; invite_code?: string; name?: string };
        Relationships: [];
      };
      family_members: {
        Row: {
          family_id: string;
          joined_at: string;
          left_at: string | null;
          role: Database['public']['Enums']['family_role'];
          user_id: string;
        };
        Insert: {
          family_id: string;
          joined_at?: string;
          left_at?: string | null;
          role?: Database['public']['Enums']['family_role'];
          user_id: string;
        };
        Update: {
          family_id?: string;
          joined_at?: string;
          left_at?: string | null;
          role?: Database['public']['Enums']['family_role'];
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'family_members_family_id_fkey';
            columns: ['family_id'];
            isOneToOne: false;
            referencedRelation: 'families';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'family_members_user_id_fkey';
            columns: ['user_id'];
            isOneToOne: false;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      messages: {
        Row: {
          author_id: string | null;
          body: string;
          channel_id: string;
          created_at: string;
          deleted_at: string | null;
          edited_at: string | null;
          family_id: string;
          id: string;
          mentions: string[];
          position: number;
          reactions: Json;
          reply_to: string | null;
          revision: number;
        };
        Insert: {
          author_id?: string | null;
          body: string;
          channel_id: string;
          created_at?: string;
          deleted_at?: string | null;
          edited_at?: string | null;
          family_id?: string;
          id: string;
          mentions?: string[];
          position?: number;
          reactions?: Json;
          reply_to?: string | null;
          revision?: number;
        };
        Update: {
          author_id?: string | null;
          body?: string;
          channel_id?: string;
          created_at?: string;
          deleted_at?: string | null;
          edited_at?: string | null;
          family_id?: string;
          id?: string;
          mentions?: string[];
          position?: number;
          reactions?: Json;
          reply_to?: string | null;
          revision?: number;
        };
        Relationships: [];
      };
      reactions: {
        Row: { created_at: string; emoji: string; message_id: string; user_id: string };
        Insert: { created_at?: string; emoji: string; message_id: string; user_id?: string };
        Update: { created_at?: string; emoji?: string; message_id?: string; user_id?: string };
        Relationships: [];
      };
      users: {
        Row: {
          avatar_path: string | null;
          color: string;
          created_at: string;
          display_name: string;
          id: string;
        };
        Insert: {
          avatar_path?: string | null;
          color?: string;
          created_at?: string;
          display_name: string;
          id: string;
        };
        Update: {
          avatar_path?: string | null;
          color?: string;
          created_at?: string;
          display_name?: string;
          id?: string;
        };
        Relationships: [];
      };
    };
    Views: { [_ in never]: never };
    Functions: {
      create_family: { Args: { name: string }; Returns: Database['public']['Tables']['families']['Row'] };
      delete_message: { Args: { message_id: string }; Returns: undefined };
      join_family: { Args: { code: string }; Returns: Database['public']['Tables']['families']['Row'] };
      leave_family: { Args: { family_id: string }; Returns: undefined };
      mark_read: { Args: { channel_id: string; position: number }; Returns: undefined };
      preview_invite: {
        Args: { code: string };
        Returns: { family_id: string; family_name: string; is_member: boolean; member_count: number }[];
      };
      remove_member: { Args: { family_id: string; user_id: string }; Returns: undefined };
      replace_invite_code: { Args: { family_id: string }; Returns: string };
      search_messages: {
        Args: { before?: string; family_id: string; query: string };
        Returns: Database['public']['Tables']['messages']['Row'][];
      };
      set_member_role: {
        Args: { family_id: string; role: Database['public']['Enums']['family_role']; user_id: string };
        Returns: undefined;
      };
    };
    Enums: { family_role: 'owner' | 'member' };
    CompositeTypes: { [_ in never]: never };
  };
};

type PublicSchema = Database['public'];

export type Tables<T extends keyof PublicSchema['Tables']> = PublicSchema['Tables'][T]['Row'];
export type TablesInsert<T extends keyof PublicSchema['Tables']> = PublicSchema['Tables'][T]['Insert'];
export type TablesUpdate<T extends keyof PublicSchema['Tables']> = PublicSchema['Tables'][T]['Update'];
export type Enums<T extends keyof PublicSchema['Enums']> = PublicSchema['Enums'][T];
