import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { IdempotencyKeyReused, type RefusalCode } from '../services/errors';
import { codeOf, problemCode } from './problemCodes';

/** One field, parameter or header of a request that is not as it must be; nested fields are joined with dots. */
export interface FieldFault {
  field: string;
  message: string;
}

/** What went wrong with a call, before it has a wire format. */
export interface Problem {
  /** HTTP's. */
  status: number;
  /** In words for the caller; holds nothing of ours (no stack, no SQL). */
  detail: string;
  errors?: readonly FieldFault[];
  /** Becomes `Retry-After`. */
  retryAfterS?: number;
  /** 405: what the path has instead. */
  allow?: readonly string[];
  /** 415: the Content-Encodings that are taken. */
  acceptEncoding?: readonly string[];
  /** Default: the status's own (`problemCodes.ts`). */
  code?: RefusalCode;
  /** What was thrown, for forms that tell some refusals from others, and for the log. */
  cause?: unknown;
}

/** Each field or parameter at fault, or the one thing that is wrong, in one line. */
export function inWords({ detail, errors }: Problem): string {
  return errors?.map(({ field, message }) => `${field}: ${message}`).join('; ') ?? detail;
}

/** How one interface says what went wrong. */
export interface ErrorForm {
  /** Component name in the OpenAPI document is the schema's `id`. */
  schema: z.ZodType;
  mediaType: string;
  /** The status is the problem's own, except where an interface answers refusals with another one. */
  render(problem: Problem, requestId: string): { status: number; body: unknown };
}

const fieldFault = z
  .object({
    field: z.string().meta({ description: 'Which one; nested fields are joined with dots.', example: 'topics' }),
    message: z.string().meta({ description: 'What is wrong with it.', example: 'is missing' }),
  })
  .meta({ id: 'FieldFault' });

/** RFC 9457. `type` is left out: it then counts as about:blank, and `title` is the status' own phrase. */
export const problemForm: ErrorForm = {
  mediaType: 'application/problem+json',
  schema: z
    .object({
      title: z.string().meta({ description: "The HTTP status' own phrase.", example: 'Bad Request' }),
      status: z.int().meta({ description: 'The HTTP status.', example: 400 }),
      detail: z
        .string()
        .meta({ description: 'What is wrong, in words, which can change.', example: 'topics: is missing' }),
      code: problemCode,
      requestId: z.string().meta({
        description:
          'The same as the header X-Request-Id: the log has it beside the cause (in a flood of 401 or 429 not each).',
        example: 'b372be68-6fa6-4590-b927-a4096e6a05e6',
      }),
      errors: z.array(fieldFault).optional().meta({ description: 'Each field, parameter or header at fault.' }),
    })
    .meta({ id: 'Problem' }),
  render(problem, requestId) {
    const { status, detail, errors } = problem;
    const title = STATUS_CODES[status] ?? 'Error';
    return { status, body: { title, status, detail, code: codeOf(problem), requestId, errors } };
  },
};

/** The two ways in which a parameter can be wrong (publish.md); they follow its name. */
export const EMPTY = '不能为空';
export const MALFORMED = '格式不正确';

const PUBLISH_MESSAGES: Record<number, string> = {
  401: '认证失败',
  403: '没有权限',
  404: '接口不存在',
  405: '请求方法不支持',
  413: '请求体过大',
  415: '不支持的内容编码',
  429: '请求过于频繁，请稍后再试',
};
const PUBLISH_FAULT = '服务调用异常，请稍后再试或联系管理员';

/** publish.md: the code is the HTTP status, as a string. */
export const publishForm: ErrorForm = {
  mediaType: 'application/json',
  schema: z
    .object({
      request_id: z.string().meta({
        description: 'The same as the header X-Request-Id: the log has it beside the cause.',
        example: 'b372be68-6fa6-4590-b927-a4096e6a05e6',
      }),
      code: z.string().meta({ description: 'The HTTP status, as text.', example: '400' }),
      msg: z.string().meta({ description: 'What is wrong, in words.', example: `参数event_source${EMPTY}` }),
    })
    .meta({ id: 'PublishError' }),
  render(problem, requestId) {
    return {
      status: problem.status,
      body: { request_id: requestId, code: String(problem.status), msg: publishMessage(problem) },
    };
  },
};

function publishMessage({ status, errors, cause }: Problem): string {
  if (cause instanceof IdempotencyKeyReused) return '幂等键已被使用';
  const fault = errors?.[0];
  if (status === 400 && fault) return `参数${fault.field}${fault.message === EMPTY ? EMPTY : MALFORMED}`;
  return PUBLISH_MESSAGES[status] ?? PUBLISH_FAULT;
}
