// A git server that is no forge, for the specs of libs and apps, which may import test/support but no peer.
export { GitRemote, type GitCall, type GitUser } from '../peers/git-remote/git-remote';
export { SshServer, whyNoSshd } from '../peers/git-remote/ssh-server';
