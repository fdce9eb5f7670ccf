import { AppConfig } from '@app/common';
import type { Provider } from '@nestjs/common';
import { AttemptWork } from '../attempts/attempt-work';
import { AttemptLauncher } from './attempt-launcher';
import { KubernetesApi } from './kubernetes-api';
import { KubernetesLauncher } from './kubernetes.launcher';

/** For the worker: attempts are run here, or become Jobs, as `ATTEMPT_LAUNCHER` says. */
export const LAUNCHING: Provider[] = [
  KubernetesApi,
  KubernetesLauncher,
  {
    provide: AttemptLauncher,
    useFactory: (config: AppConfig, here: AttemptWork, jobs: KubernetesLauncher): AttemptLauncher => (config.launch.ATTEMPT_LAUNCHER === 'kubernetes' ? jobs : here),
    inject: [AppConfig, AttemptWork, KubernetesLauncher],
  },
];
