import { Day, Table, Uuid } from '../columns';

/** A day of a model that got calls after it was over. */
@Table('model_usage_redos')
export class ModelUsageRedo {
  @Uuid({ primary: true, references: 'ai_models', onDelete: 'CASCADE' }) modelId!: string;
  @Day({ primary: true }) date!: string;
}
