package engine

// HasLandlock tells whether this kernel can jail a process.
func HasLandlock() bool {
	_, err := landlockVersion()
	return err == nil
}

// Kill ends the process by SIGKILL.
func (p *Process) Kill() { p.kill() }

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }
