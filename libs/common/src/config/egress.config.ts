import { IsBoolean, IsInt, IsString, Max, Min, ValidateBy } from 'class-validator';
import { isEgressHost } from '../net/egress-host';
import { AsBoolean, AsInteger, AsList } from './setting';

/** What a repository's set-up command may reach, and the dependencies that are kept between tasks. */
export class EgressConfig {
  /** Hosts that set-up reaches beside the package registries, comma-separated: example.com, *.example.com, example.com:8443. */
  @IsString({ each: true }) @ValidateBy({ name: 'egressHost', validator: { validate: isEgressHost, defaultMessage: () => '$property must be host names such as example.com, *.example.com or example.com:8443' } }, { each: true }) @AsList()
  EGRESS_HOSTS: string[] = [];

  /** Whether set-up reaches the public package registries (npm, PyPI, crates.io, …). */
  @IsBoolean() @AsBoolean()
  EGRESS_REGISTRIES = true;

  /** MiB that one set-up may send and receive. */
  @IsInt() @Min(1) @Max(1_048_576) @AsInteger()
  EGRESS_MAX_MB = 4_096;

  /** Connections that one set-up may hold at once. */
  @IsInt() @Min(1) @Max(1_024) @AsInteger()
  EGRESS_CONNECTIONS = 64;

  /** Seconds that a set-up command may take. */
  @IsInt() @Min(10) @Max(7_200) @AsInteger()
  SETUP_TIMEOUT_SECONDS = 900;

  /** MiB of package managers' caches that this machine keeps for all repositories; 0 keeps none. */
  @IsInt() @Min(0) @Max(10_485_760) @AsInteger()
  DEPENDENCY_CACHE_MB = 10_240;

  /** MiB that one repository's cache may have; a larger one is not kept. */
  @IsInt() @Min(1) @Max(1_048_576) @AsInteger()
  DEPENDENCY_CACHE_ENTRY_MB = 1_024;

  /** Days after which a cache that no task used is removed. */
  @IsInt() @Min(1) @Max(365) @AsInteger()
  DEPENDENCY_CACHE_DAYS = 14;
}
