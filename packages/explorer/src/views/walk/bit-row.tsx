import type { BitField } from './entry-bits.ts';
import { fieldValue } from './entry-bits.ts';

/** Bits of a value in boxes, the highest left, with the names of their fields above. */
export function BitRow(properties: {
  readonly value: number;
  readonly fields: readonly BitField[];
  /** Class of each field, for its colour. */
  readonly classOf?: (field: BitField) => string;
  /** Shows fields' values beside their names. */
  readonly numbers?: boolean;
  readonly label: string;
}) {
  const { value, fields, classOf, numbers, label } = properties;
  const top = fields[0]?.high ?? 31;
  return (
    <div
      class="bits"
      role="img"
      aria-label={label}
      style={{ gridTemplateColumns: `repeat(${top + 1}, minmax(0, 1fr))` }}
    >
      {fields.map((field) => (
        <Field
          key={field.high}
          field={field}
          value={value}
          top={top}
          numbers={numbers === true}
          extra={classOf?.(field) ?? ''}
        />
      ))}
    </div>
  );
}

function Field(properties: {
  readonly field: BitField;
  readonly value: number;
  readonly top: number;
  readonly numbers: boolean;
  readonly extra: string;
}) {
  const { field, value, top, numbers, extra } = properties;
  const width = field.high - field.low + 1;
  const number = fieldValue(value, field.high, field.low);
  const set = number !== 0;
  const title = `${field.name}, bit${width > 1 ? 's' : ''} ${field.high}${width > 1 ? ` to ${field.low}` : ''}: ${field.about}`;
  const boxes: number[] = [];
  for (let at = field.high; at >= field.low; at--) boxes.push(at);
  return (
    <div
      class={`bits-field ${extra}${width === 1 ? ` bits-flag${set ? ' bits-set' : ''}` : ''}`}
      style={{ gridColumn: `${top - field.high + 1} / span ${width}` }}
      title={title}
    >
      <div class="bits-name">
        {field.name}
        {numbers && <b> {number}</b>}
      </div>
      <div class="bits-boxes">
        {boxes.map((at) => {
          const one = fieldValue(value, at, at) === 1;
          return (
            <span key={at} class={`bits-box${one ? ' bits-one' : ''}`}>
              {one ? 1 : 0}
            </span>
          );
        })}
      </div>
    </div>
  );
}
