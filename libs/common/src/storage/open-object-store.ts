import { ConfigError } from '../config/load-config';
import type { StorageConfig } from '../config/storage.config';
import { FolderObjectStore } from './folder.object-store';
import { NoObjectStore, type ObjectStore } from './object-store';
import { S3ObjectStore } from './s3.object-store';

/** The store that the settings name. Nothing is connected before the first use. @throws {ConfigError} */
export function openObjectStore(storage: StorageConfig): ObjectStore {
  switch (storage.OBJECT_STORE) {
    case 'database':
      return new NoObjectStore();
    case 'folder':
      if (storage.OBJECT_STORE_DIR === undefined) throw new ConfigError(['OBJECT_STORE_DIR is required with OBJECT_STORE=folder']);
      return new FolderObjectStore(storage.OBJECT_STORE_DIR);
    case 's3':
      return new S3ObjectStore(storage);
  }
}
