# Another way to a disk: Ubuntu's own cloud image, started in QEMU, with the packages of "make package" installed in it. The disk of
# "make image" needs no machine to be started and is the one that is tested; this one is for who wants Ubuntu, or has packer.
# Nothing secret: the key by which packer comes in is made for one build (README.md), and taken out at its end.

packer {
  required_version = ">= 1.6.6"
}

variable "image" {
  type        = string
  default     = "https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img"
  description = "Ubuntu's cloud image, as a URL or a file."
}

variable "checksum" {
  type        = string
  default     = "file:https://cloud-images.ubuntu.com/noble/current/SHA256SUMS"
  description = "Of the image: sha256:HEX, or file:URL of a list that has it."
}

variable "packages" {
  type        = string
  default     = "dist"
  description = "The folder in which \"make package\" has put clusteros and clusteros-machine; a package of tailscale in it is installed, too."
}

variable "seed" {
  type        = string
  default     = "build/packer"
  description = "A folder with key (private, made for this build), and user-data and meta-data that let its public key in. See README.md."
}

variable "output" {
  type        = string
  default     = "build/packer-image"
  description = "The folder to be made; packer refuses one that is there."
}

variable "disk_size" {
  type        = string
  default     = "6G"
  description = "Of the disk; its root grows to whatever disk it is put on."
}

variable "accelerator" {
  type        = string
  default     = "kvm"
  description = "As QEMU knows it: kvm, or tcg where the processor gives no other, which takes an hour."
}

source "qemu" "clusteros" {
  iso_url              = var.image
  iso_checksum         = var.checksum
  disk_image           = true
  disk_size            = var.disk_size
  format               = "qcow2"
  disk_compression     = true
  accelerator          = var.accelerator
  headless             = true
  cpus                 = 2
  memory               = 2048
  cd_files             = ["${var.seed}/user-data", "${var.seed}/meta-data"]
  cd_label             = "cidata"
  communicator         = "ssh"
  ssh_username         = "ubuntu"
  ssh_private_key_file = "${var.seed}/key"
  ssh_timeout          = "30m"
  shutdown_command     = "sudo systemctl poweroff"
  output_directory     = var.output
  vm_name              = "cluster-os-ubuntu.qcow2"
}

build {
  sources = ["source.qemu.clusteros"]

  provisioner "shell" {
    inline = ["cloud-init status --wait", "mkdir -p /tmp/clusteros"]
  }

  provisioner "file" {
    source      = "${var.packages}/"
    destination = "/tmp/clusteros"
  }

  provisioner "file" {
    source      = "${path.root}/files/90-clusteros.cloud.cfg"
    destination = "/tmp/clusteros/90-clusteros.cfg"
  }

  provisioner "shell" {
    execute_command  = "sudo env {{ .Vars }} sh -e {{ .Path }}"
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline = [
      "cd /tmp/clusteros",
      "apt-get update",
      "apt-get install --yes munge nftables slurm-wlm",
      "apt-get install --yes ./clusteros_*_amd64.deb ./clusteros-machine_*_all.deb $(ls ./tailscale_*_amd64.deb 2> /dev/null || true)",
      # They are the agent's, and first-boot does what systemd would ask for.
      "systemctl mask slurmctld.service slurmd.service munge.service systemd-firstboot.service",
      # Host name, network and host keys are not cloud-init's any more, and what it has made of the network for this build goes.
      "install -m 0644 90-clusteros.cfg /etc/cloud/cloud.cfg.d/90-clusteros.cfg",
      "rm -f /etc/netplan/50-cloud-init.yaml",
      "echo cluster-os-node > /etc/hostname",
      # What would be the same on every node, and what let packer in.
      "rm -f /etc/ssh/ssh_host_* /etc/munge/munge.key /var/lib/munge/munge.seed /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret",
      "rm -rf /var/lib/clusteros/* /var/lib/tailscale/* /home/*/.ssh /root/.ssh /etc/sudoers.d/90-cloud-init-users",
      "cloud-init clean --logs",
      ": > /etc/machine-id",
      "apt-get clean",
      "rm -rf /tmp/clusteros",
      "sync",
    ]
  }
}
