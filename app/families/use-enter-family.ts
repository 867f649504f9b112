import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { familiesQuery, type Family } from '../model/family-queries.ts';
import { familyPath } from '../model/paths.ts';

/** Opens a family that was just created or joined, after refetching the list of families. */
export function useEnterFamily(): (family: Family) => Promise<void> {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  return async (family) => {
    await queryClient.fetchQuery({ ...familiesQuery, staleTime: 0 });
    navigate(familyPath(family.id), { replace: true });
  };
}
