import { queryOptions } from '@tanstack/react-query';
import { supabase } from '../model/supabase.ts';

/** The user's verified authenticator apps. */
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

/** Starts an enrollment. Unverified factors are removed first, because one would block it. */
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
