import { queryOptions } from '@tanstack/react-query';
import { supabase } from '../model/supabase.ts';

/** The authenticator apps that the person has set up and verified. */
export const factorsQuery = queryOptions({
  queryKey: ['factors'],
  queryFn: async () => {
    const { data, error } = await supabase.auth.mfa.listFactors();
    if (error) throw error;
    return data.totp;
  },
});

export interface Enrollment {
  readonly factorId: string;
  readonly qrCode: string;
  readonly secret: string;
}

/** Starts afresh: a factor that was begun and never verified would block the next one. */
export async function startEnrollment(): Promise<Enrollment> {
  const known = await supabase.auth.mfa.listFactors();
  if (known.error) throw known.error;
  for (const factor of known.data.all) {
    if (factor.status === 'unverified') await supabase.auth.mfa.unenroll({ factorId: factor.id });
  }
  const { data, error } = await supabase.auth.mfa.enroll({ factorType: 'totp', issuer: 'OurChat' });
  if (error) throw error;
  return { factorId: data.id, qrCode: data.totp.qr_code, secret: data.totp.secret };
}
