import { hashPassword, NOBODYS_PASSWORD_HASH, verifyPassword } from '@app/common';
import { Injectable } from '@nestjs/common';

/** Argon2id, at the same cost for somebody and for nobody. */
@Injectable()
export class Passwords {
  hash(password: string): Promise<string> {
    return hashPassword(password);
  }

  /** Whether it is the password with this hash; null (nobody, or somebody without a password) takes as long to refuse. */
  async matches(passwordHash: string | null, password: string): Promise<boolean> {
    const isRight = await this.verify(passwordHash ?? (await NOBODYS_PASSWORD_HASH), password);
    return isRight && passwordHash !== null;
  }

  /** One argon2id computation, each time. */
  verify(phc: string, password: string): Promise<boolean> {
    return verifyPassword(phc, password);
  }
}
