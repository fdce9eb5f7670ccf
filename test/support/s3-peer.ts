// The object store's stand-in for the specs of libs, which may import test/support but no peer.
export { S3Peer } from '../peers/s3/s3-peer';
