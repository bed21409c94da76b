// One line a check; the last line is what `cargo xtask` reads.
//   ok name · FAIL name: reason · SKIP name: left out on purpose · MISSING name: a component is not there (a failure in CI)
export class Report {
  passed = 0
  failed = 0
  skipped = 0

  async check(name, body) {
    try {
      await body()
      this.passed++
      console.log(`ok   ${name}`)
      return true
    } catch (error) {
      this.failed++
      console.log(`FAIL ${name}: ${error.message}`)
      return false
    }
  }

  skip(name, reason) {
    this.skipped++
    console.log(`SKIP ${name}: ${reason}`)
  }

  missing(name, reason) {
    this.skipped++
    console.log(`MISSING ${name}: ${reason}`)
  }

  // Prints the last line and gives the exit code.
  end() {
    console.log(`${this.passed} passed, ${this.failed} failed${this.skipped ? `, ${this.skipped} skipped` : ''}`)
    return this.failed ? 1 : 0
  }
}

export function equal(actual, wanted, what) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)]
  if (is !== should) throw new Error(`${what}: got ${is}, want ${should}`)
}

export function truthy(value, what) {
  if (!value) throw new Error(what)
}
