/** URL paths inside a family, also used for deep links. */
export function familyPath(familyId: string): string {
  return `/family/${familyId}`;
}

export function channelPath(familyId: string, channelId: string, messageId?: string): string {
  const path = `/family/${familyId}/channel/${channelId}`;
  return messageId === undefined ? path : `${path}?message=${messageId}`;
}

export function familySettingsPath(familyId: string): string {
  return `/family/${familyId}/settings`;
}

/** The user's own settings, beside the sidebar of a family. */
export function yourSettingsPath(familyId: string): string {
  return `/family/${familyId}/you`;
}
