const MOST_REMEMBERED = 10_000;

/**
 * Claims of tokens whose signature was checked before. Only that: whether the session still lives, and what its owner may do, is asked at each
 * request. An entry dies when its token expires; beyond the limit the oldest goes.
 */
export class VerifiedTokens<Claims extends { readonly exp: number }> {
  private readonly claims = new Map<string, Claims>();

  constructor(private readonly most = MOST_REMEMBERED) {}

  get(token: string, nowSeconds: number): Claims | null {
    const claims = this.claims.get(token);
    if (claims === undefined) return null;
    if (claims.exp > nowSeconds) return claims;
    this.claims.delete(token);
    return null;
  }

  has(token: string): boolean {
    return this.claims.has(token);
  }

  add(token: string, claims: Claims): void {
    this.claims.set(token, claims);
    // A Map keeps the order in which keys were set.
    if (this.claims.size > this.most) this.claims.delete(this.claims.keys().next().value ?? '');
  }

  drop(token: string): void {
    this.claims.delete(token);
  }

  get size(): number {
    return this.claims.size;
  }
}
