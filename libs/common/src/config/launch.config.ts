import { IsIn, IsInt, IsOptional, IsString, IsUUID, Matches, Max, Min } from 'class-validator';
import { AsInteger, AsList } from './setting';

/** Where the attempts that a worker claims are run: in the worker itself, or each as a Kubernetes Job. */
export class LaunchConfig {
  /** in_process: in the worker that claimed it; kubernetes: a Job for each, made with the service account of the worker's pod. */
  @IsIn(['in_process', 'kubernetes'])
  ATTEMPT_LAUNCHER: 'in_process' | 'kubernetes' = 'in_process';

  /** Ids of the organizations whose attempts become Jobs, comma-separated; empty: all. The others' run in the worker. */
  @IsUUID('all', { each: true }) @AsList()
  ATTEMPT_JOB_ORGANIZATIONS: string[] = [];

  /** Name of the PodTemplate in the worker's namespace that says image, resources, node selector and RuntimeClass of the Jobs. */
  @Matches(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, { message: 'ATTEMPT_JOB_TEMPLATE must be the name of a PodTemplate' })
  ATTEMPT_JOB_TEMPLATE = 'attempt';

  /** Seconds a Job may take until its pod has taken the attempt over; then it is removed and the attempt waits in the queue again. */
  @IsInt() @Min(5) @Max(3_600) @AsInteger()
  ATTEMPT_JOB_START_SECONDS = 180;

  /** Seconds after which Kubernetes ends a Job, whatever it does. A task's own deadline comes first. */
  @IsInt() @Min(60) @Max(604_800) @AsInteger()
  ATTEMPT_JOB_DEADLINE_SECONDS = 21_600;

  /** Seconds that an ended Job is kept, for its log. */
  @IsInt() @Min(0) @Max(604_800) @AsInteger()
  ATTEMPT_JOB_TTL_SECONDS = 300;

  /** Root of the Kubernetes API. */
  @Matches(/^https?:\/\/\S+[^/]$/)
  KUBERNETES_API_URL = 'https://kubernetes.default.svc';

  /** Folder with token, ca.crt and namespace of the pod's service account. */
  @IsString()
  KUBERNETES_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

  /** Set by the launcher in a Job: the one attempt that this process runs. */
  @IsOptional() @IsUUID('all')
  ATTEMPT_ID?: string;

  /** Set by the launcher in a Job: the fence under which the attempt was claimed for it. */
  @IsOptional() @Matches(/^[1-9]\d{0,18}$/)
  ATTEMPT_FENCE?: string;
}
