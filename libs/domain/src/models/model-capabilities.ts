/** What a model can do on its wire. A missing flag means not known: then the feature is not used. */
export interface ModelCapabilities {
  tools?: boolean;
  vision?: boolean;
  streaming?: boolean;
  promptCache?: boolean;
  /** always_adaptive: thinking cannot be switched off, its blocks go back unchanged to the same model. */
  reasoning?: 'always_adaptive' | 'adaptive' | 'extended' | 'none';
  /** false: a forced tool choice is refused. */
  forcedToolUse?: boolean;
  /** false: a temperature other than the default is refused. */
  samplingParams?: boolean;
}
