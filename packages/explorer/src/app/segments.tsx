/** A few choices of which one is made, side by side. Arrow keys move, as between radio buttons: they are some. */
export function Segments<T extends string>(props: {
  label: string;
  name: string;
  value: T;
  choices: readonly (readonly [value: T, title: string])[];
  choose: (value: T) => void;
}) {
  return (
    <fieldset class="segments" aria-label={props.label}>
      {props.choices.map(([value, title]) => (
        <label class="segment" key={value}>
          <input
            type="radio"
            class="hidden-text"
            name={props.name}
            value={value}
            checked={props.value === value}
            onChange={() => props.choose(value)}
          />
          {title}
        </label>
      ))}
    </fieldset>
  );
}
