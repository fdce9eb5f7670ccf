import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import { IsGithubId, TextLength } from '../../http/validation/rules';
import { IsBranchName } from './branch-name';

const isGit = (dto: ConnectRepositoryDto): boolean => dto.provider === 'git';
const isByName = (dto: ConnectRepositoryDto): boolean => dto.provider !== 'git' && dto.githubId === undefined;

/** A repository of a GitHub installation, by `githubId` or `fullName`; or any git repository, by `provider: "git"` and `cloneUrl`. */
export class ConnectRepositoryDto {
  @ApiPropertyOptional({ enum: ['github', 'git'], default: 'github' })
  @IsOptional() @IsIn(['github', 'git'])
  provider?: 'github' | 'git';

  @ApiPropertyOptional({ description: 'A decimal id as text.' })
  @IsOptional() @IsGithubId()
  githubId?: string;

  @ApiPropertyOptional({ example: 'octocat/hello-world' })
  @ValidateIf(isByName) @IsString() @MaxLength(140) @Matches(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/)
  fullName?: string;

  @ApiPropertyOptional({ example: 'https://git.example.com/team/project.git' })
  @ValidateIf(isGit) @IsString() @MaxLength(2_048)
  cloneUrl?: string;

  @ApiPropertyOptional({ maxLength: 100, description: 'Only with cloneUrl; absent: from the address.' })
  @IsOptional() @TextLength(1, 100)
  name?: string;

  @ApiPropertyOptional({ description: 'Only with cloneUrl; absent: main.' })
  @IsOptional() @IsBranchName()
  defaultBranch?: string;
}
