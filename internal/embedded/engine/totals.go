package engine

// param is a value for {name:Type} in a statement, in escaped text form.
type param struct{ name, value string }

func newParam(name, value string) param { return param{name: name, value: value} }

// totals are the counters of a statement.
type totals struct {
	readRows, readBytes       uint64
	writtenRows, writtenBytes uint64
	resultRows, resultBytes   uint64
}

func (t *totals) add(o totals) {
	t.readRows += o.readRows
	t.readBytes += o.readBytes
	t.writtenRows += o.writtenRows
	t.writtenBytes += o.writtenBytes
	t.resultRows += o.resultRows
	t.resultBytes += o.resultBytes
}
