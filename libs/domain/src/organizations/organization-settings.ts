/** Rules of an organization; kept in `organizations.settings`. Absent = the default. */
export interface OrganizationSettings {
  /** Only people whose e-mail address is of one of these domains may be invited and join; empty: anybody. */
  allowedEmailDomains?: string[];
}

export const DEFAULT_ORGANIZATION_SETTINGS: Required<OrganizationSettings> = { allowedEmailDomains: [] };

/** All settings, with defaults for what was never set. */
export function organizationSettings(stored: OrganizationSettings): Required<OrganizationSettings> {
  return { ...DEFAULT_ORGANIZATION_SETTINGS, ...stored };
}

/** Whether the settings let this address in. Domains are compared whole: "example.com" does not let "sub.example.com" in. */
export function allowsEmail(settings: OrganizationSettings, email: string): boolean {
  const { allowedEmailDomains } = organizationSettings(settings);
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return allowedEmailDomains.length === 0 || allowedEmailDomains.includes(domain);
}
