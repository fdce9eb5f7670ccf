import { IsInt, IsOptional, IsString, Matches, Min, IsBoolean } from 'class-validator';
import { Secret } from '../crypto/secret';
import { AsSecret } from './secret-setting';
import { AsBoolean, AsInteger } from './setting';

/** The GitHub App. */
export class GithubConfig {
  /** Numeric id of the App. */
  @IsOptional() @IsInt() @Min(1) @AsInteger()
  GITHUB_APP_ID?: number;

  /** The App's private key: PEM, PEM with \n escapes, or base64 of a PEM. */
  @IsOptional() @AsSecret()
  GITHUB_APP_PRIVATE_KEY?: Secret;

  /** Client id of the App, for connecting users. */
  @IsOptional() @IsString()
  GITHUB_CLIENT_ID?: string;

  /** Client secret of the App. */
  @IsOptional() @AsSecret()
  GITHUB_CLIENT_SECRET?: Secret;

  /** Secret that signs incoming webhooks; two with a comma between them while one takes the place of the other. */
  @IsOptional() @AsSecret()
  GITHUB_WEBHOOK_SECRET?: Secret;

  /** REST root; GitHub Enterprise Server: https://host/api/v3 */
  @Matches(/^https?:\/\/\S+[^/]$/)
  GITHUB_API_URL = 'https://api.github.com';

  /** Spaces calls as github.com asks for; off only where a GitHub Enterprise Server has no such limits. What GitHub refuses is waited out either way. */
  @IsBoolean() @AsBoolean()
  GITHUB_PACED = true;

  /** The name that the App is mentioned by, without @; absent: the App's own. */
  @IsOptional() @Matches(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,60})$/)
  GITHUB_BOT_NAME?: string;

  /** Allows repositories on this machine (file:// and loopback addresses); never in production. */
  @IsBoolean() @AsBoolean()
  ALLOW_LOCAL_REPOSITORIES = false;
}
