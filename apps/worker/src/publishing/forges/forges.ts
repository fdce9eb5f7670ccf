import { Injectable } from '@nestjs/common';
import type { Forge, ForgeRequest, OpenForge } from './forge';
import { GithubForge } from './github.forge';
import { PlainGitForge } from './plain-git.forge';

/** The git hosts that work is published to. */
@Injectable()
export class Forges {
  private readonly all: readonly Forge[];

  constructor(github: GithubForge, plain: PlainGitForge) {
    this.all = [github, plain];
  }

  /** @throws {PublishFailure}; {AppError} when the forge asks to wait */
  open(request: ForgeRequest): Promise<OpenForge> {
    const forge = this.all.find(({ provider }) => provider === request.repo.provider);
    if (!forge) throw new Error(`no forge of the kind ${request.repo.provider}`);
    return forge.open(request);
  }
}
