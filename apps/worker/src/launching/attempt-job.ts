import type { LaunchConfig } from '@app/common';
import type { AttemptLease } from '@app/domain';
import type { Container, EnvVar, Job, PodTemplate } from './kubernetes-objects';

/** The container of a template that runs the attempt. */
export const ATTEMPT_CONTAINER = 'attempt';

/**
 * One name for each claim, so that a second call makes no second Job. The fence is part of it: an attempt that was handed over is claimed again, and
 * its ended Job, which is kept a while, must not be in the way.
 */
export function jobName({ attemptId, fence }: Pick<AttemptLease, 'attemptId' | 'fence'>): string {
  return `attempt-${attemptId}-${fence}`;
}

/**
 * The Job of a claim: the template with the attempt's id and fence in its container's environment. Kubernetes never repeats it, as the attempts'
 * rows decide what is tried again. @throws {Error} when the template has no container of that name.
 */
export function attemptJob(claim: AttemptLease & { readonly organizationId: string }, { template }: PodTemplate, config: LaunchConfig): Job {
  // The template's labels come first: network policies go by them.
  const labels = { ...template.metadata?.labels, 'app.kubernetes.io/component': 'attempt', 'async-coder/attempt': claim.attemptId, 'async-coder/task': claim.taskId, 'async-coder/organization': claim.organizationId };
  const containers = template.spec.containers.map((container) => (container.name === ATTEMPT_CONTAINER ? withAttempt(container, claim) : container));
  if (!containers.some(({ name }) => name === ATTEMPT_CONTAINER)) throw new Error(`the PodTemplate ${config.ATTEMPT_JOB_TEMPLATE} has no container "${ATTEMPT_CONTAINER}"`);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(claim), labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: config.ATTEMPT_JOB_DEADLINE_SECONDS,
      ttlSecondsAfterFinished: config.ATTEMPT_JOB_TTL_SECONDS,
      template: {
        metadata: { labels, ...(template.metadata?.annotations && { annotations: template.metadata.annotations }) },
        spec: { ...template.spec, restartPolicy: 'Never', containers },
      },
    },
  };
}

function withAttempt(container: Container, { attemptId, fence }: AttemptLease): Container {
  const own: EnvVar[] = [{ name: 'ATTEMPT_ID', value: attemptId }, { name: 'ATTEMPT_FENCE', value: fence.toString() }];
  return { ...container, env: [...(container.env ?? []).filter(({ name }) => own.every((variable) => variable.name !== name)), ...own] };
}
