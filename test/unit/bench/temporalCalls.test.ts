import { callsBetween, callsIn, sumOfCalls } from '../../../bench/stack/temporalCalls';

const METRICS = `# HELP service_requests service_requests counter
# TYPE service_requests counter
service_requests{namespace="default",operation="PollActivityTaskQueue",service_name="frontend"} 228
service_requests{namespace="default",operation="RespondWorkflowTaskCompleted",service_name="frontend"} 374
service_requests{namespace="default",operation="StartWorkflowExecution",service_name="frontend"} 1.2e+03
service_requests{namespace="default",operation="StartWorkflowExecution",service_name="history"} 5000
service_requests{namespace="temporal_system",operation="StartWorkflowExecution",service_name="frontend"} 2
service_requests_other{namespace="default",operation="StartWorkflowExecution",service_name="frontend"} 7
service_errors{namespace="default",operation="StartWorkflowExecution",service_name="frontend"} 9
`;

describe('callsIn', () => {
  test("are the frontend's in the namespace, by operation, without polls", () => {
    expect(callsIn(METRICS, 'default')).toEqual({ RespondWorkflowTaskCompleted: 374, StartWorkflowExecution: 1200 });
  });

  test('adds up series that differ in another label', () => {
    const series = (label: string) =>
      `service_requests_total{extra="${label}",namespace="n",operation="StartWorkflowExecution",service_name="frontend"} 2`;
    expect(callsIn(`${series('a')}\n${series('b')}\n`, 'n')).toEqual({ StartWorkflowExecution: 4 });
  });
});

describe('callsBetween', () => {
  test('leaves out what was not called, and counts from zero what was never called before', () => {
    const between = callsBetween({ a: 3, b: 5 }, { a: 3, b: 7, c: 1 });
    expect(between).toEqual({ b: 2, c: 1 });
    expect(sumOfCalls(between)).toBe(3);
  });
});
