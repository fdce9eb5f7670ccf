import { applyDecorators } from '@nestjs/common';
import { IsString, Matches, MaxLength } from 'class-validator';

/** What git takes as a branch, and what no option or path could be mistaken for. */
const BRANCH = /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\/\.|\.lock(?:\/|$)))[^\s~^:?*[\\\x00-\x20\x7f]{1,255}(?<![/.])$/;

/** A branch name. */
export function IsBranchName(): PropertyDecorator {
  return applyDecorators(IsString(), MaxLength(255), Matches(BRANCH, { message: '$property must be a branch name' }));
}
