import { answersContract } from './answers.contract';
import { ContractHouse, type WireUnderTest } from './contract-wire';
import { failuresContract } from './failures.contract';
import { historyContract } from './history.contract';

export { listen, user } from './contract-wire';

/** One suite for every wire: what the port promises, against a vendor that answers over HTTP. */
export function describeProviderContract(name: string, wire: WireUnderTest): void {
  describe(`${name}: provider contract`, () => {
    const house = new ContractHouse(wire);
    answersContract(house);
    historyContract(house);
    failuresContract(house);
  });
}
