import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { familiesQuery, type Family } from '../model/family-queries.ts';
import { familyPath } from '../model/paths.ts';

/** Goes to a family that was just made or joined, with the list of families up to date before it opens. */
export function useEnterFamily(): (family: Family) => Promise<void> {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  return async (family) => {
    await queryClient.fetchQuery({ ...familiesQuery, staleTime: 0 });
    navigate(familyPath(family.id), { replace: true });
  };
}
