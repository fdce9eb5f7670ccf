import type { Provider } from '@nestjs/common';
import { InstallationReader } from './installation-reader';
import { InstallationSync } from './installation-sync';
import { InstallationSyncHandler } from './installation-sync.handler';

/** Installations of the GitHub App, kept as GitHub has them. */
export const INSTALLATIONS: Provider[] = [InstallationReader, InstallationSync, InstallationSyncHandler];
