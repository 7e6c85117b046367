import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { ConsignmentInput, ConsignmentResult } from '../src/contracts/carrying';
import { OUR_FAULTS_RETRY } from './retry';

const { carryConsignment } = proxyLocalActivities<Pick<Activities, 'carryConsignment'>>(OUR_FAULTS_RETRY);

/** Carries up to five hundred first attempts for a few seconds; what is not done by then has a workflow of its own. */
export async function consignment(input: ConsignmentInput): Promise<ConsignmentResult> {
  return carryConsignment(input);
}
